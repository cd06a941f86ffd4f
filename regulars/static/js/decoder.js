// A worker of its own: reads codes out of pictures where the browser cannot. It alone may compile
// the reader; pages stay under their strict policy.
importScripts("../vendor/zxing/reader.js");

ZXingWASM.prepareZXingModule({
  overrides: { locateFile: () => new URL("../vendor/zxing/reader.wasm", self.location).href },
});

self.addEventListener("message", async ({ data }) => {
  const { number, picture, formats } = data;
  try {
    const options = { formats, tryHarder: true, maxNumberOfSymbols: 1 };
    const [found] = await ZXingWASM.readBarcodes(picture, options);
    self.postMessage({ number, text: found?.isValid ? found.text : "" });
  } catch (error) {
    self.postMessage({ number, text: "", error: String(error) });
  }
});
