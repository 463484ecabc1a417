"""Views: data in, a Plotly figure (or a picture) out. No Streamlit here."""
