/** A table that can be sorted by any column; each row stands for something on the map. */
import { useState } from 'preact/hooks';
import { select } from '../app/actions';
import type { Subject } from '../model/types';
import { say } from '../words';
import { pointing } from './parts';

export interface Column {
  key: string;
  word: string;
  isNumber?: boolean;
}

export interface TableRow {
  key: string;
  title: string;
  cells: string[];
  sortBy: (string | number)[];
  /** class by column */
  marks: Record<number, string>;
  isSelected: boolean;
  isHovered: boolean;
  subject: Subject;
}

interface Props {
  caption: string;
  columns: Column[];
  rows: TableRow[];
  total: string[];
}

export function Table({ caption, columns, rows, total }: Props) {
  const [order, setOrder] = useState<{ by: number; isDown: boolean }>({ by: 0, isDown: false });
  const sorted = rows.slice().sort((a, b) => {
    const [x, y] = [a.sortBy[order.by]!, b.sortBy[order.by]!];
    const by =
      typeof x === 'number' && typeof y === 'number'
        ? x - y
        : String(x).localeCompare(String(y), 'zh-CN', { numeric: true });
    return order.isDown ? -by : by;
  });
  return (
    <table class="table">
      <caption>{caption}</caption>
      <thead>
        <tr>
          {columns.map((column, i) => {
            const isBy = order.by === i;
            const way = isBy ? (order.isDown ? 'descending' : 'ascending') : 'none';
            return (
              <th
                key={column.key}
                scope="col"
                class={column.isNumber ? 'is-number' : ''}
                aria-sort={way}
              >
                <button
                  type="button"
                  title={say('table_sort')}
                  onClick={() =>
                    setOrder({ by: i, isDown: isBy ? !order.isDown : column.isNumber === true })
                  }
                >
                  {column.word}
                  <span aria-hidden="true">{isBy ? (order.isDown ? '↓' : '↑') : ''}</span>
                </button>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {sorted.map((row) => (
          <tr
            key={row.key}
            class={`${row.isSelected ? 'is-selected' : ''}${row.isHovered ? ' is-hovered' : ''}`}
            {...pointing(row.subject)}
            onClick={() => select(row.subject, { fly: true })}
          >
            {row.cells.map((cell, i) => {
              const column = columns[i]!;
              const name = `${column.isNumber ? 'is-number' : ''} ${row.marks[i] ?? ''}`;
              if (i > 0) {
                return (
                  <td key={column.key} class={name}>
                    {cell}
                  </td>
                );
              }
              return (
                <th key={column.key} scope="row">
                  <button type="button" class="ui-link" title={row.title}>
                    {cell}
                  </button>
                </th>
              );
            })}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          {total.map((cell, i) =>
            i === 0 ? (
              <th key={columns[i]!.key} scope="row">
                {cell}
              </th>
            ) : (
              <td key={columns[i]!.key} class="is-number">
                {cell}
              </td>
            ),
          )}
        </tr>
      </tfoot>
    </table>
  );
}
