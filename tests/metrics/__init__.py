"""The metrics: what is counted, how it is told, who may ask."""
