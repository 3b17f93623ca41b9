"""`xmh plan`: texts and lists in, the table out and back, versions, 结转 and 倒排工期."""
