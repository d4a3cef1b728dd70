"""Vector bin packing: items that need hosts of some classes, without rules; its bounds hold for every placement."""
