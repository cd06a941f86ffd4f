// Every element below root (root included) that matches, once per behaviour name.
export function fresh(root, selector, name) {
  const found = [...root.querySelectorAll(selector)];
  if (root.matches?.(selector)) found.unshift(root);
  const mark = `__${name}`;
  return found.filter((element) => {
    if (element[mark]) return false;
    element[mark] = true;
    return true;
  });
}
