// What Longvid's nodes say in words (shot list, seeds, outcomes, manifest summary), shown on the node below its inputs.

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";

// What stands there before the node has run.
const WAITING = {
  LongvidSegmentPlanner: "The shot list appears here.",
  LongvidSeedLock: "The seeds appear here.",
  LongvidRemoteVideo: "What became of each segment appears here.",
  LongvidWanFLF2VSampler: "What became of each segment appears here.",
  LongvidClipsFromVideos: "The clips appear here.",
  LongvidManifestWriter: "The manifest's summary appears here.",
  LongvidManifestLoader: "What the manifest brings back appears here.",
};

const LOADER = "LongvidManifestLoader";

// A segment has the same colour here as in the terminal.
const COLOURS = ["#4fb3bf", "#e0a458", "#b58ad6", "#7fb069", "#e0727d", "#6c9bd9", "#d99ac5", "#a9a25a"];

const WIDGET = "longvid_text";
const PLAYER = "video-preview";
const PROGRESS = "$$node-text-preview"; // ComfyUI's own line of progress, which it leaves on the node for good
const STYLE = {
  boxSizing: "border-box",
  height: "100%",
  overflow: "auto",
  padding: "8px 10px",
  borderRadius: "6px",
  background: "var(--comfy-input-bg, #222)",
  color: "var(--input-text, #ddd)",
  font: "12px/1.45 system-ui, sans-serif",
  fontVariantNumeric: "tabular-nums",
  whiteSpace: "pre-wrap",
  overflowWrap: "anywhere",
  userSelect: "text",
};

function lineOf(text, index) {
  const line = document.createElement("div");
  line.textContent = text || "\u00a0";
  const segment = /^(\d\d) {2}/.exec(text);
  if (segment) line.style.color = COLOURS[Number(segment[1]) % COLOURS.length];
  if (index === 0) line.style.fontWeight = "600";
  if (!text) line.style.lineHeight = "0.6";
  return line;
}

function show(node, text, failed = false) {
  const widget = textOf(node);
  if (!widget) return;
  widget.element.replaceChildren(...text.split("\n").map(lineOf));
  Object.assign(widget.element.style, { opacity: "1", boxShadow: failed ? "inset 3px 0 #e0727d" : "none" });
  node.setDirtyCanvas?.(true, true);
}

function textOf(node) {
  return node.widgets?.find((w) => w.name === WIDGET);
}

// ComfyUI says that a node failed, and why only behind a button. Longvid's messages are short and say what to do.
function tell(id, message) {
  const node = app.graph?.getNodeById(id) ?? app.graph?.getNodeById(Number(id));
  if (!ours(node)) return;
  if (!textOf(node)) addText(node, "", true);
  show(node, message.trim(), true);
}

function fail({ detail }) {
  tell(detail.node_id, detail.exception_message);
}

// What a node of ours refuses before anything runs: a missing key, say.
function refuse(errors) {
  for (const [id, node] of Object.entries(errors ?? {})) {
    const own = node.errors.find((error) => error.type === "custom_validation_failed");
    if (own) tell(id, own.details.replace(`${own.extra_info.input_name} - `, ""));
  }
}

function forget(node) {
  const widget = textOf(node);
  if (widget?.forErrorsOnly) node.removeWidget(widget);
}

function ours(node) {
  return node?.comfyClass?.startsWith("Longvid");
}

function endProgress(node) {
  const line = node.widgets?.find((w) => w.name === PROGRESS);
  if (line) node.removeWidget(line);
}

// The last live preview would stay, over what was made or beside it. Nodes 2.0 draws from a store, the classic canvas from app.
function endPreview(node) {
  const stores = document.getElementById("vue-app")?.__vue_app__?.config.globalProperties.$pinia?._s;
  stores?.get("nodeOutput")?.revokePreviewsByLocatorId?.(String(node.id));
  delete app.nodePreviewImages?.[node.id];
}

function addText(node, waiting, forErrorsOnly = false) {
  const element = document.createElement("div");
  Object.assign(element.style, STYLE, { opacity: "0.55" });
  element.textContent = waiting;
  element.addEventListener("wheel", (event) => {
    if (element.scrollHeight > element.clientHeight) event.stopPropagation();
  });
  const widget = node.addDOMWidget(WIDGET, WIDGET, element, { serialize: false, getMinHeight: () => 64 });
  widget.forErrorsOnly = forErrorsOnly;
  widget.serialize = false; // neither in the workflow nor in the prompt
}

// Puts files of this computer into ComfyUI's input folder, and the manifest's or bundle's name into the node's path.
async function upload(node, files) {
  for (const file of files) {
    const body = new FormData();
    body.append("image", file); // ComfyUI's name for whatever is uploaded
    const answer = await api.fetchApi("/upload/image", { method: "POST", body });
    if (!answer.ok) return show(node, `${file.name} could not be uploaded: ${answer.status} ${answer.statusText}`, true);
    const { name, subfolder } = await answer.json();
    const path = node.widgets?.find((w) => w.name === "path");
    if (path) path.value = subfolder ? `${subfolder}/${name}` : name;
  }
  node.setDirtyCanvas?.(true, true);
}

function addUpload(node) {
  const button = node.addWidget("button", "Upload", null, () => {
    const chooser = document.createElement("input");
    Object.assign(chooser, { type: "file", accept: ".json,.zip,.longvid", onchange: () => upload(node, chooser.files) });
    chooser.click();
  });
  button.serialize = false;
  button.options.serialize = false;
}

app.registerExtension({
  name: "Longvid.Text",

  setup() {
    const each = (work) => () => app.graph?.nodes.filter(ours).forEach(work);
    for (const end of ["execution_success", "execution_error", "execution_interrupted"])
      api.addEventListener(end, each(endProgress));
    api.addEventListener("execution_start", each(forget));
    api.addEventListener("execution_error", fail);
    const queue = api.queuePrompt;
    api.queuePrompt = async function () {
      try {
        const answer = await queue.apply(this, arguments);
        refuse(answer.node_errors);
        return answer;
      } catch (error) {
        refuse(error.response?.node_errors);
        throw error;
      }
    };
  },

  nodeCreated(node) {
    if (!ours(node)) return;
    const waiting = WAITING[node.comfyClass];
    if (node.comfyClass === LOADER) addUpload(node);
    if (waiting) addText(node, waiting);
    // ComfyUI's player would become an input of the next prompt, which would then be another prompt.
    const add = node.addDOMWidget;
    node.addDOMWidget = function (name, type, element, options) {
      return add.call(this, name, type, element, name === PLAYER ? { ...options, serialize: false } : options);
    };
    const executed = node.onExecuted;
    node.onExecuted = function (output) {
      executed?.apply(this, arguments);
      endProgress(this);
      if (output?.images) endPreview(this);
      if (waiting && output?.text) show(this, output.text.join("\n"));
    };
  },

  // Outputs of an earlier run, given back when a workflow's tab is opened again.
  onNodeOutputsUpdated(outputs) {
    for (const [id, output] of Object.entries(outputs)) {
      const node = app.graph?.getNodeById?.(id) ?? app.graph?.getNodeById?.(Number(id));
      if (node && output?.text && WAITING[node.comfyClass]) show(node, output.text.join("\n"));
    }
  },
});
