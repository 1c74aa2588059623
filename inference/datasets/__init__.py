"""Published data and models as studies, made on demand."""
