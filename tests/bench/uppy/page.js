// One file by Uppy's own S3 plug-in, in the same parts as the site's uploader; the page's title says how it went.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";

const { document, fetch, performance } = globalThis;
const input = document.querySelector("input");

async function signRequest(request) {
  const answer = await fetch("/sign", { method: "POST", body: JSON.stringify(request) });
  return answer.json();
}

input.addEventListener("change", async () => {
  const since = performance.now();
  const [file] = input.files;
  const uppy = new Uppy();
  uppy.use(AwsS3, {
    shouldUseMultipart: true,
    getChunkSize: () => Number(document.body.dataset.partBytes),
    generateObjectKey: () => document.body.dataset.key,
    signRequest,
  });
  uppy.addFile({ name: file.name, type: file.type, data: file });
  const { successful } = await uppy.upload();
  document.body.dataset.ms = performance.now() - since;
  document.title = successful.length === 1 ? "done" : "failed";
});
