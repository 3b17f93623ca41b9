"""通知: which event tells whom what, and when it may reach him. Pure; who carries it is `activities/channels`.

`telling` is the table from event to people and words, `people` finds them in the directory, `timing` says when a notice
may go out, `routing` by which channel, and `digest` puts what is due for one person into one message.
"""
