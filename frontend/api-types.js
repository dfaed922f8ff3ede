/**
 * Standard input: the API's description (OpenAPI, JSON). Standard output: its types. Run by
 * `app/openapi.py`. What openapi-typescript says of things that are not there (no body, no such
 * method, any header at all) is left out.
 */
import { json } from "node:stream/consumers";
import openapiTypes, { astToString } from "openapi-typescript";
import ts from "typescript";

const HEAD = `/**
 * The types of the API. Generated from its description (\`app/openapi.py\`): never edit it. \`make api\`
 * writes it, \`make check\` fails when it differs. It is committed so that the front end is built and
 * edited without Python, and so that a change of the API is seen in review.
 */

`;

const isLiteral = (type) => type !== undefined && ts.isTypeLiteralNode(type);
const isAnyHeader = (member) => ts.isIndexSignatureDeclaration(member) && member.parameters[0]?.name.text === "name";

function saysNothing({ name, questionToken, type }) {
  if (questionToken !== undefined && type?.kind === ts.SyntaxKind.NeverKeyword) return true;
  if (name.text === "headers") return isLiteral(type) && type.members.length > 0 && type.members.every(isAnyHeader);
  return name.text === "parameters" && isLiteral(type) && type.members.length === 0;
}

function lean(node) {
  const kept = ts.visitEachChild(node, lean, undefined);
  return ts.isPropertySignature(kept) && saysNothing(kept) ? undefined : kept;
}

const types = await openapiTypes(await json(process.stdin), { alphabetize: true });
process.stdout.write(HEAD + astToString(types.map(lean)));
