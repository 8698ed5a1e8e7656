"""The exercise types, one file per topic. Each file is found and loaded by `course_lib.exam`."""
