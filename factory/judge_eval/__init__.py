"""How good a judge is: what it says of pairs of answers, held against what people said of them."""
