"use strict";
/*
 * node documents.cjs FOLDER DOCS [EXCHANGES]: what judges that are not ours say about docs/openapi.yaml,
 * docs/policy.schema.json with the examples of docs/policy.md, and about recorded exchanges (a JSON object a line:
 * method, path, status, type, body, and sent, the request's body, if it was JSON). FOLDER has the node_modules.
 * Prints a line per check, `ok NAME (COUNT)` or `not ok NAME: WHY`. Ends with 1 if anything failed.
 */
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");
const { pathToFileURL } = require("url");

const [folder, docs, exchanges] = process.argv.slice(2);
const judge = createRequire(path.join(folder, "package.json"));
const Ajv = judge("ajv/dist/2020").default;
const formats = judge("ajv-formats").default;
const yaml = judge("yaml");
const redocly = judge("@redocly/openapi-core");

const METHODS = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
// Rules of the linter that say nothing about this document.
const RULES = {
    "info-license": "off",
    "no-server-example.com": "off", // the address is the operator's
    "operation-4xx-response": "off", // x-generic-responses says what all operations have in common
    "no-unused-components": "off", // x-generic-responses and Evidence (inside of base64) are no references to it
};
const OPENAPI = path.join(docs, "openapi.yaml");
const document_ = yaml.parse(fs.readFileSync(OPENAPI, "utf8"));

function deref(node) {
    while (node && node.$ref)
        node = node.$ref.slice(2).split("/").reduce(
            (at, part) => at[part.replace(/~1/g, "/").replace(/~0/g, "~")], document_);
    return node;
}

/** Each operation with its name. */
function* operations() {
    for (const [where, item] of Object.entries(document_.paths))
        for (const method of METHODS)
            if (item[method])
                yield [`${method.toUpperCase()} ${where}`, item[method]];
}

async function checkSpecification() {
    const file = judge.resolve("@seriousme/openapi-schema-validator");
    const { Validator } = await import(pathToFileURL(file));
    const verdict = await new Validator().validate(document_);
    return verdict.valid ? [] : [JSON.stringify(verdict.errors)];
}

async function checkLint() {
    const config = await redocly.createConfig({ extends: ["recommended-strict"], rules: RULES });
    const problems = await redocly.lint({ ref: OPENAPI, config });
    return problems.map((p) => `${p.ruleId}: ${p.message} ${p.location[0].pointer || ""}`);
}

function checkOperations() {
    const faults = [];
    const seen = new Set();
    for (const [name, operation] of operations()) {
        if (!operation.operationId || seen.has(operation.operationId))
            faults.push(`${name} has no operationId of its own`);
        seen.add(operation.operationId);
        if (!operation.summary)
            faults.push(`${name} has no summary`);
        if (Object.keys(operation.responses || {}).length === 0)
            faults.push(`${name} has no responses`);
        if (!(operation.security || document_.security))
            faults.push(`${name} says nothing about security`);
        if ((operation.security || document_.security).length > 0 && !operation.responses["401"])
            faults.push(`${name} needs credentials and has no answer 401`);
    }
    return [faults, seen.size];
}

function newAjv(strict) {
    const ajv = new Ajv({ allErrors: true, strict, strictTypes: false, strictRequired: false });
    formats(ajv);
    return ajv;
}

function checkPolicies() {
    const schema = JSON.parse(fs.readFileSync(path.join(docs, "policy.schema.json"), "utf8"));
    const validate = newAjv(true).compile(schema);
    const text = fs.readFileSync(path.join(docs, "policy.md"), "utf8");
    const examples = [...text.matchAll(/```json\n([^]*?)```/g)].map((match) => JSON.parse(match[1]));
    const faults = examples.filter((one) => !validate(one))
        .map((one) => `${one.name}: ${JSON.stringify(validate.errors)}`);
    if (examples.length < 10)
        faults.push(`only ${examples.length} examples`);
    return [faults, examples.length];
}

function templateOf(where) {
    const fits = (template) => new RegExp(
        `^${template.replace(/[.]/g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`).test(where);
    // A path without parameters goes before one with them (OpenAPI 3.1, Paths Object).
    const all = Object.keys(document_.paths).filter(fits);
    return all.sort((a, b) => a.split("{").length - b.split("{").length)[0];
}

/** Gives validators by place in the document; each is compiled once. */
function makeCompiler() {
    const ajv = newAjv(false);
    const known = new Map();
    ajv.addSchema(document_, "document", true, false);
    return (schema) => {
        if (!known.has(schema)) {
            const text = JSON.stringify(schema).replace(/"\$ref":"#/g, '"$ref":"document#');
            known.set(schema, ajv.compile(JSON.parse(text)));
        }
        return known.get(schema);
    };
}

function judgeExchange(one, compile) {
    const operation = (document_.paths[templateOf(one.path)] || {})[one.method.toLowerCase()];
    const response = deref((operation && operation.responses[one.status]) ||
        document_["x-generic-responses"][one.status]);
    if (!response)
        return `the status ${one.status} is not documented`;
    const content = deref(response).content;
    if (!content)
        return one.body === undefined ? null : "there is a body where none is documented";
    const media = content[one.type];
    if (!media)
        return `the type ${one.type} is not documented`;
    const check = compile(media.schema);
    if (one.body !== undefined && !check(one.body))
        return JSON.stringify(check.errors);
    if (one.status >= 300 || one.sent === undefined || !operation.requestBody)
        return null;
    const request = compile(operation.requestBody.content["application/json"].schema);
    return request(one.sent) ? null : `accepted, but: ${JSON.stringify(request.errors)}`;
}

function checkExchanges() {
    const compile = makeCompiler();
    const lines = fs.readFileSync(exchanges, "utf8").split("\n").filter(Boolean);
    const faults = lines.map((line) => {
        const one = JSON.parse(line);
        const fault = judgeExchange(one, compile);
        return fault && `${one.method} ${one.path} ${one.status}: ${fault}`;
    }).filter(Boolean);
    return [faults, lines.length];
}

async function main() {
    const checks = [
        ["openapi-specification", checkSpecification], ["openapi-lint", checkLint],
        ["openapi-operations", checkOperations], ["policy-examples", checkPolicies],
    ];
    let failed = 0;
    if (exchanges)
        checks.push(["exchanges", checkExchanges]);
    for (const [name, check] of checks) {
        const result = await check();
        const [faults, count] = Array.isArray(result[0]) ? result : [result, 1];
        faults.slice(0, 20).forEach((fault) => console.log(`not ok ${name}: ${fault}`));
        if (faults.length === 0)
            console.log(`ok ${name} (${count})`);
        failed += faults.length;
    }
    process.exitCode = failed > 0 ? 1 : 0;
}

main();
