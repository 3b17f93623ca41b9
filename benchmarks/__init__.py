"""What the product costs beside the least its servers and drivers cost, measured in the same run.

`python -m benchmarks [--only NAME] [--quick] [--json FILE]`. Each figure is taken in turns, bare, product, product,
bare…, so that whatever else the machine does meets both; what counts is the ratio within a pair. Nothing fails on a
figure.
"""
