"""Translation that can be trusted: what a text must keep, what no translation can keep, and what tells a bad one."""
