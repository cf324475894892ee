"""What the factory's HTML pages share, a report's and the viewer's: templates, words, and text from rows made safe."""
