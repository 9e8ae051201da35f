"""Objects → plotly figures, pictures and files; the only place with plotly."""
