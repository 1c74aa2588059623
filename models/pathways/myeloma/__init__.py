"""What a myeloma cell has beyond the figure: growth factors, and the sites where its other drugs act."""
