"""The parts of title-first Self-Instruct: worked examples, what is read from replies, the pool that grows by rounds."""
