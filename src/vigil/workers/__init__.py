"""What carries: loops between the domain and the adapters. Each can run alone, anywhere."""
