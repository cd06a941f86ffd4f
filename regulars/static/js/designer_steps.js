// Steps as the server takes them: one post, answered with the designer as it is then.
export const TARGET = "#designer";

export function post(url, values) {
  const designer = document.querySelector(TARGET);
  const { tag, selected } = designer.dataset;
  // Sent from an element without inputs: from the designer itself, those of every form would go along.
  return window.htmx.ajax("POST", url, {
    source: document.getElementById("designer-says"),
    target: TARGET,
    swap: "outerMorph",
    values: { tag, selected, ...values },
  });
}

export function step(values) {
  return post(document.querySelector(TARGET).dataset.steps, values);
}

// Said to those who do not see it, where the server has not been asked.
export function say(words) {
  document.getElementById("designer-says").textContent = words;
}
