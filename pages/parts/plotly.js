// Plotly, loaded once a tab from the server's own copy. This text stands in front of the scripts that draw.

function plotly() {
  window.strataPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/api/plotly.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { window.strataPlotly = undefined; reject(new Error("Plotly did not load")); };
    document.head.appendChild(script);
  });
  return window.strataPlotly;
}

