"""Final answers: found in free text, read to exact values, compared, graded. Nothing here evaluates what it reads."""
