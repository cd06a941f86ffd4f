// The till's scan button: the camera, or a photo of the code, as on every code field.
import { register } from "./app.js";
import { attach } from "./scanning.js";

document.querySelector("[data-unsafe]").hidden = window.isSecureContext;
register(attach);
