// Plotly, loaded once a tab from the server's own copy.

let loading;

export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/api/plotly.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { loading = undefined; script.remove(); reject(new Error("Plotly did not load")); };
    document.head.appendChild(script);
  });
  return loading;
}
