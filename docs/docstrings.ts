import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './fill-in.js';

/** What the comment of a member says. */
export interface Texts {
  /** Paragraphs, each on one line. */
  readonly meaning: string;
  /** Of the tag `@defaultValue`; empty without one. */
  readonly byDefault: string;
  /** What goes wrong where it is set badly, of the tag `@remarks`; empty without one. */
  readonly badly: string;
  /** Of each tag `@throws`: the class and when. */
  readonly throws: readonly string[];
}

export interface Member extends Texts {
  /** With brackets where it is called, such as `isLeading()`. */
  readonly name: string;
  /** As it is declared, on one line, such as `run(options?: RunOptions): Promise<Outcome>`. */
  readonly signature: string;
  readonly type: string;
}

/** What an interface offers, or what is public in a class, with its comments, in the order of the source. */
export async function membersOf(path: string, name: string): Promise<readonly Member[]> {
  const { statements } = await parse(path);
  const found = statements
    .filter((one) => ts.isInterfaceDeclaration(one) || ts.isClassDeclaration(one))
    .find((one) => one.name?.text === name);
  if (found === undefined) throw new Error(`${path} declares no ${name}`);
  return [...found.members].flatMap((member) => memberOf(member) ?? []);
}

function memberOf(member: ts.TypeElement | ts.ClassElement): Member | undefined {
  const isCalled = ts.isMethodDeclaration(member) || ts.isMethodSignature(member);
  const isRead = ts.isPropertySignature(member) || ts.isGetAccessorDeclaration(member);
  if ((!isCalled && !isRead) || !ts.isIdentifier(member.name)) return undefined;
  const { text } = member.name;
  const type = member.type?.getText() ?? '';
  const generic = isCalled ? (member.typeParameters ?? []).map((one) => one.getText()) : [];
  const given = isCalled ? member.parameters.map(parameterOf).join(', ') : '';
  const call = isCalled ? `${generic.length > 0 ? `<${generic.join(', ')}>` : ''}(${given})` : '';
  const signature = `${text}${call}: ${type}`.replace(/\s+/g, ' ');
  return { name: isCalled ? `${text}()` : text, signature, type, ...textsOf(member) };
}

/** Without its default, which the comment tells. */
function parameterOf({ name, questionToken, initializer, type }: ts.ParameterDeclaration): string {
  const mayBeAbsent = questionToken !== undefined || initializer !== undefined;
  return `${name.getText()}${mayBeAbsent ? '?' : ''}: ${type?.getText() ?? 'unknown'}`;
}

function textsOf(node: ts.Node): Texts {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  const tags = ts.getJSDocTags(node);
  const tag = (named: string): string =>
    plain(tags.find(({ tagName }) => tagName.text === named)?.comment);
  return {
    meaning: plain(comment?.comment),
    byDefault: tag('defaultValue'),
    badly: tag('remarks'),
    throws: tags.filter(ts.isJSDocThrowsTag).map(({ typeExpression, comment: when }) => {
      const thrown = typeExpression?.type.getText() ?? 'Error';
      return `\`${thrown}\` ${plain(when)}`;
    }),
  };
}

type Comment = Parameters<typeof ts.getTextOfJSDocComment>[0];

/** Each paragraph on one line; what is linked to is named. */
function plain(comment: Comment): string {
  const text = (ts.getTextOfJSDocComment(comment) ?? '').replace(/\{@link ([^}]*)\}/g, '`$1`');
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .join('\n\n');
}

/** One of the things that a type may be. */
export interface Alternative {
  /** The text itself, or that of the field `type`. */
  readonly name: string;
  /** The other fields. */
  readonly fields: readonly string[];
  readonly meaning: string;
}

/** What a type may be, with what is said of each: of texts, or of objects told apart by `type`. */
export async function alternativesOf(path: string, name: string): Promise<readonly Alternative[]> {
  const file = await parse(path);
  const { type } = alias(file, name);
  if (!ts.isUnionTypeNode(type)) throw new Error(`${path}: ${name} is no choice of several`);
  let end = type.pos;
  const found: Alternative[] = [];
  for (const one of type.types) {
    const said = [...file.text.slice(end, one.getStart()).matchAll(/\/\*\*([^]*?)\*\//g)].at(
      -1,
    )?.[1];
    end = one.end;
    const meaning = (said ?? '')
      .replace(/^\s*\*/gm, '')
      .replace(/\s+/g, ' ')
      .trim();
    found.push(...(await alternative(path, file, one, meaning)));
  }
  return found;
}

async function alternative(
  path: string,
  file: ts.SourceFile,
  node: ts.TypeNode,
  meaning: string,
): Promise<readonly Alternative[]> {
  if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) {
    return [{ name: node.literal.text, fields: [], meaning }];
  }
  if (ts.isTypeLiteralNode(node)) return [objectOf(node.members, meaning)];
  if (!ts.isTypeReferenceNode(node))
    throw new Error(`${path}: ${node.getText()} is not understood`);
  const name = node.typeName.getText();
  const declared = file.statements
    .filter(ts.isInterfaceDeclaration)
    .find((one) => one.name.text === name);
  if (declared === undefined) return alternativesOf(path, name);
  return [objectOf(declared.members, textsOf(declared).meaning)];
}

function objectOf(members: ts.NodeArray<ts.TypeElement>, meaning: string): Alternative {
  const fields = members.filter(ts.isPropertySignature);
  const tag = fields.find((field) => field.name.getText() === 'type')?.type;
  if (tag === undefined || !ts.isLiteralTypeNode(tag) || !ts.isStringLiteral(tag.literal)) {
    throw new Error('An object among several must have a field "type" to tell it by');
  }
  const others = fields.map((field) => field.name.getText()).filter((name) => name !== 'type');
  return { name: tag.literal.text, fields: others, meaning };
}

/** What the list in the comment of a type says of each of its names. */
export async function listOf(
  path: string,
  name: string,
): Promise<readonly (readonly [string, string])[]> {
  const comment = ts
    .getJSDocCommentsAndTags(alias(await parse(path), name))
    .find(ts.isJSDoc)?.comment;
  const [, ...items] = (ts.getTextOfJSDocComment(comment) ?? '').split(/^- /m);
  return items.map((item) => {
    const [, named = '', text = ''] =
      /^`(\w+)`: ([^]*)$/.exec(item.replace(/\s+/g, ' ').trim()) ?? [];
    if (text === '')
      throw new Error(`${path}: the comment of ${name} has a line that is not understood: ${item}`);
    return [named, text] as const;
  });
}

function alias(file: ts.SourceFile, name: string): ts.TypeAliasDeclaration {
  const found = file.statements
    .filter(ts.isTypeAliasDeclaration)
    .find((one) => one.name.text === name);
  if (found === undefined) throw new Error(`${file.fileName} declares no type ${name}`);
  return found;
}

async function parse(path: string): Promise<ts.SourceFile> {
  const source = await readFile(join(ROOT, path), 'utf8');
  return ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
}
