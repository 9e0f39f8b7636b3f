/** The types of Kubernetes objects, as far as decoding, defaults and field ownership need them. */
export type FieldSchema =
  | { readonly type: 'string' | 'boolean' | 'int32' | 'int64' | 'time' | 'microTime' | 'bytes' }
  | { readonly type: 'anything' }
  | { readonly type: 'map'; readonly values: FieldSchema }
  | ListSchema
  | StructSchema;

export interface ListSchema {
  readonly type: 'list';
  readonly items: FieldSchema;
  /** How entries are told apart where each has its own owner; without it the list is one value. */
  readonly identity?: 'value' | { readonly key: string };
}

export interface StructSchema {
  readonly type: 'struct';
  /** The Go type, which error messages name. */
  readonly goType: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** Owned as a whole, not field by field. */
  readonly atomic?: true;
}

export interface Field {
  readonly schema: FieldSchema;
  /**
   * When the field is written out. `set`: whenever the client gave a value, zero included (a Go
   * pointer). `nonZero`: zero counts as absent. `always`: its zero value stands for absence.
   */
  readonly written: 'set' | 'nonZero' | 'always';
}

export const nonZero = (schema: FieldSchema): Field => ({ schema, written: 'nonZero' });
export const ifSet = (schema: FieldSchema): Field => ({ schema, written: 'set' });
export const always = (schema: FieldSchema): Field => ({ schema, written: 'always' });

export const string = { type: 'string' } as const;
export const boolean = { type: 'boolean' } as const;
export const int32 = { type: 'int32' } as const;
export const int64 = { type: 'int64' } as const;
export const time = { type: 'time' } as const;
export const microTime = { type: 'microTime' } as const;
export const bytes = { type: 'bytes' } as const;
export const anything = { type: 'anything' } as const;
export const stringMap = { type: 'map', values: string } as const;

export function struct(
  goType: string,
  fields: StructSchema['fields'],
  options: { readonly atomic?: true } = {},
): StructSchema {
  return { type: 'struct', goType, fields, ...options };
}

/** What a field holds when nobody has set it. */
export function zeroOf(schema: FieldSchema): unknown {
  switch (schema.type) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
      return 0;
    case 'struct': {
      const zero: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(schema.fields)) {
        if (field.written === 'always') zero[name] = zeroOf(field.schema);
      }
      return zero;
    }
    default:
      return null;
  }
}
