// Hands one file in and answers with its line in a list; fails with the request that was refused.
export function upload(url, file, only = "", progress = () => {}) {
  const body = new FormData();
  body.append("file", file, file.name);
  if (only) body.append("only", only);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => (request.status === 201 ? resolve(request.responseText) : reject(request)));
    request.addEventListener("error", () => reject(request));
    request.send(body);
  });
}

export function lineOf(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("[data-file]");
}

export function reasonOf(request) {
  const page = new DOMParser().parseFromString(request.responseText || "", "text/html");
  return page.querySelector("[role=alert], .toast-body, p")?.textContent.trim() ?? "";
}
