"""Models with random weights at the true architecture, megabytes in size, and the nodes that only these tests need."""
