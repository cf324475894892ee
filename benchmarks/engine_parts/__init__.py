"""What benchmarks/engine.py runs in processes of their own."""
