using System.Text;
using System.Text.Json;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Recorded;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// What is known only when everything has been read: takes duplicates out of shards that are written already, and fills in recorded judgments
/// that came late. Each shard is read back and replaced once.
/// </summary>
internal sealed class ShardRepair(IngestOptions options, IShardSink sink, IReadOnlyList<RecordedJoin> joins, RejectLog rejects)
{
    private readonly RejectBuffer _buffer = new();
    private readonly BlockBuilder _builder = new(options.Kind);

    /// <param name="duplicates">Rows to take out, in the order in which they are stored.</param>
    /// <param name="tally">What was accepted; duplicates are taken back.</param>
    /// <param name="repaired">Told after each shard.</param>
    /// <param name="cancellationToken">Stops between shards.</param>
    public async ValueTask<Tally> RunAsync(IEnumerable<Duplicate> duplicates, Tally tally, Action repaired, CancellationToken cancellationToken)
    {
        var late = joins.Select(j => j.Index is { Count: > 0 } ? new Queue<int>(j.LateShards) : new Queue<int>()).ToArray();
        using var found = duplicates.GetEnumerator();
        var hasDuplicate = found.MoveNext();
        var inShard = new List<Duplicate>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var shard = late.Where(l => l.Count != 0).Select(l => l.Peek()).DefaultIfEmpty(int.MaxValue).Min();
            if (hasDuplicate) shard = Math.Min(shard, found.Current.Shard);
            if (shard == int.MaxValue) return tally;

            inShard.Clear();
            while (hasDuplicate && found.Current.Shard == shard)
            {
                inShard.Add(found.Current);
                hasDuplicate = found.MoveNext();
            }

            var files = new List<int>();
            for (var file = 0; file < late.Length; file++)
            {
                if (late[file].Count == 0 || late[file].Peek() != shard) continue;
                late[file].Dequeue();
                files.Add(file);
            }

            var stored = DataBlock.Decode(await sink.ReadBackAsync(shard, cancellationToken));
            if (Repair(stored, shard, inShard, files, ref tally) is { } data) await sink.ReplaceAsync(data, cancellationToken);
            repaired();
        }
    }

    /// <summary>Null where the shard stays as it is.</summary>
    private ShardData? Repair(DataBlock stored, int shard, List<Duplicate> duplicates, List<int> files, ref Tally tally)
    {
        var recorded = stored.RecordedColumns.Select((column, index) => new StoredColumn(stored, column, index)).ToArray();
        var changed = duplicates.Count != 0;
        var next = 0;
        _builder.Clear();
        for (var row = 0; row < stored.Rows; row++)
        {
            if (next < duplicates.Count && duplicates[next].Row == row)
            {
                Reject(stored, row, duplicates[next++]);
                tally.Remove(stored, row);
                TakeBack(stored, row);
                continue;
            }

            Append(stored, row);
            var target = _builder.Rows - 1;
            foreach (var column in recorded) column.CopyTo(_builder.Recorded, row, target, stored.Reasons);
            foreach (var file in files)
            {
                if (recorded.Any(c => c.Key.FileIndex == file && c.IsSet(row))) continue;
                var count = joins[file].Index!.CopyTo(_builder.Recorded, target, IdHash.Of(stored.Id(row)));
                joins[file].CountUsed(count);
                changed |= count != 0;
            }
        }

        rejects.Append(_buffer);
        _buffer.Clear();
        return changed ? _builder.Encode(shard) : null;
    }

    private void Append(DataBlock stored, int row)
    {
        stored.TryGetCategory(row, out var category);
        stored.TryGetSource(row, out var source);
        stored.TryGetReference(row, out var reference);
        stored.TryGetContext(row, out var context);
        var kept = stored.Kept(row);

        // A group that the data did not name reads like one that it did; as eight bytes it takes less room.
        var isDerived = stored.TryGetGroupHash(row, out var hash);
        _builder.Append(new BlockRow
        {
            Id = stored.Id(row),
            Group = isDerived ? default : stored.Group(row),
            GroupHash = hash,
            Category = category,
            Source = source,
            Kept = kept,
            Target = stored.Target(row) ?? double.NaN,
            Label = stored.Label(row),
            Prompt = stored.Prompt(row),
            Answer = stored.Answer(row),
            AnswerB = stored.AnswerB(row),
            Reference = reference,
            Context = context,
        });
    }

    private void Reject(DataBlock stored, int row, Duplicate duplicate)
    {
        var id = Encoding.UTF8.GetString(stored.Id(row));
        var first = duplicate.FirstFile == duplicate.File ? "" : $" of {options.Inputs[duplicate.FirstFile]}";
        var fault = new RowFault(
            RejectReason.DuplicateId,
            $"The id '{(id.Length > 80 ? id[..80] + "…" : id)}' stands in line {duplicate.FirstLine}{first} already; that row is kept. Give each row an id of its own.");
        _buffer.Add(options.Inputs[duplicate.File], duplicate.Line, fault, WrittenAnew(stored, row));
    }

    /// <summary>The row as JSON: the file may be standard input by now, or compressed.</summary>
    private byte[] WrittenAnew(DataBlock stored, int row)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteString("id"u8, stored.Id(row));
        writer.WriteString("prompt"u8, stored.Prompt(row));
        writer.WriteString(options.Kind == DataKind.Pairs ? "answer"u8 : "answer_a"u8, stored.Answer(row));
        if (options.Kind == DataKind.Comparisons) writer.WriteString("answer_b"u8, stored.AnswerB(row));
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Recorded rows that a duplicate had taken are not used after all, if they were looked up for it.</summary>
    private void TakeBack(DataBlock stored, int row)
    {
        foreach (var join in joins)
        {
            if (join.IsIndexed) join.CountUsed(-join.Index!.CopyTo(new RecordedBlock(), 0, IdHash.Of(stored.Id(row))));
        }
    }

    /// <summary>A recorded column of the shard as it was written.</summary>
    private sealed class StoredColumn
    {
        private readonly double[] _values;
        private readonly ushort[] _codes;

        public StoredColumn(DataBlock block, RecordedColumn key, int index)
        {
            Key = key;
            _values = new double[block.Rows];
            _codes = new ushort[block.Rows];
            block.ReadRecorded(index, _values, _codes);
        }

        public RecordedColumn Key { get; }

        public bool IsSet(int row) => _codes[row] != RecordedBlock.Missing;

        public void CopyTo(RecordedBlock block, int row, int target, IReadOnlyList<string> reasons)
        {
            var code = _codes[row];
            if (code == RecordedBlock.Missing) return;
            block.Get(Key).Set(target, code == RecordedBlock.Scored ? code : block.Code(reasons[code - RecordedBlock.FirstReason]), _values[row]);
        }
    }
}
