// Prints every name that the JavaScript files given as arguments bind, as JSON: [[file, line, name], ...].
//
// A name is bound by a declaration, a parameter, an import under another name, an export under another name, a key of an
// object literal or a class, or an assignment to a property of `this`. The file's own name counts as well, on line 1.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as espree from "espree";

// Iterators and readers prescribe `{ value, done }`: nobody chooses this key.
const PRESCRIBED_KEY = "done";
const KEYED = new Set(["MethodDefinition", "PropertyDefinition"]);

/** The identifiers that a pattern binds: `{ a, b: c, ...d }` binds a, c and d. */
function* namesInPattern(pattern) {
  if (pattern === null) return;
  if (pattern.type === "Identifier") yield pattern;
  else if (pattern.type === "RestElement") yield* namesInPattern(pattern.argument);
  else if (pattern.type === "AssignmentPattern") yield* namesInPattern(pattern.left);
  else if (pattern.type === "ArrayPattern") for (const element of pattern.elements) yield* namesInPattern(element);
  else if (pattern.type === "ObjectPattern") {
    for (const property of pattern.properties) {
      if (!(property.shorthand && property.key.name === PRESCRIBED_KEY)) yield* namesInPattern(property.value ?? property);
    }
  }
}

function* namesInKey(node) {
  const isName = node.key.type === "Identifier" || node.key.type === "PrivateIdentifier";
  if (!node.computed && isName && ![PRESCRIBED_KEY, "constructor"].includes(node.key.name)) yield node.key;
}

/** `export { a as b }` and `import { b as a }` bind a name only where it differs. */
function* namesInSpecifier(bound, original) {
  if (bound.type === "Identifier" && bound.name !== original?.name) yield bound;
}

/** `this.size = 1` binds `size`. */
function* namesInAssignment(assignment) {
  const { object, property, computed } = assignment.left;
  if (object?.type === "ThisExpression" && property.type === "Identifier" && !computed) yield property;
}

function* namesInNode(node) {
  if (node.params) for (const parameter of node.params) yield* namesInPattern(parameter);
  if (/^(Function|Class)/.test(node.type) && node.id) yield node.id;
  if (node.type === "VariableDeclarator") yield* namesInPattern(node.id);
  if (node.type === "CatchClause") yield* namesInPattern(node.param);
  if (node.type === "ObjectExpression") {
    for (const property of node.properties) if (property.key) yield* namesInKey(property);
  }
  if (KEYED.has(node.type)) yield* namesInKey(node);
  if (/^Import.*Specifier$/.test(node.type)) yield* namesInSpecifier(node.local, node.imported);
  if (node.type === "ExportSpecifier") yield* namesInSpecifier(node.exported, node.local);
  if (node.type === "AssignmentExpression") yield* namesInAssignment(node);
}

function* walk(node) {
  yield node;
  for (const key of espree.VisitorKeys[node.type] ?? []) {
    for (const child of [node[key]].flat()) if (child) yield* walk(child);
  }
}

function namesInFile(path) {
  const tree = espree.parse(readFileSync(path, "utf-8"), { ecmaVersion: "latest", sourceType: "module", loc: true });
  const names = [...walk(tree)].flatMap((node) => [...namesInNode(node)]);
  const stem = basename(path).split(".")[0];
  return [[path, 1, stem], ...names.map((name) => [path, name.loc.start.line, name.name])];
}

console.log(JSON.stringify(process.argv.slice(2).flatMap(namesInFile)));
