"""An estate as it is: what its inventory holds, what settings make of it, and what is told of it to others."""
