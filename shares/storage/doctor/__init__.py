"""The storage doctor, and the rights that it names: what is wrong with a bucket, and what to do about it."""
