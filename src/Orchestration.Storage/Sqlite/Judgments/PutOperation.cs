using Orchestration.Storage.Formats;
using Orchestration.Core.Judging;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>Judgments that one caller stores, encoded on the caller's side.</summary>
internal sealed class PutOperation : WriteOperation<IReadOnlyList<IReadOnlyList<double>>>
{
    [ThreadStatic]
    private static ByteWriter? _threadEntries;

    [ThreadStatic]
    private static ByteWriter? _threadScratch;

    private readonly JournalWriter _journal;
    private readonly byte[] _bytes;
    private readonly Item[] _items;
    private IReadOnlyList<double>[] _held = [];

    public PutOperation(JournalWriter journal, IReadOnlyList<StoredJudgment> judgments)
    {
        _journal = journal;
        var entries = _threadEntries ??= new ByteWriter();
        var scratch = _threadScratch ??= new ByteWriter();
        entries.Clear();
        _items = new Item[judgments.Count];
        for (var i = 0; i < _items.Length; i++)
        {
            var judgment = judgments[i];
            var values = new double[judgment.Values.Count];
            for (var v = 0; v < values.Length; v++)
            {
                values[v] = double.IsFinite(judgment.Values[v])
                    ? judgment.Values[v]
                    : throw new ArgumentException($"Judgment {i} of pair {judgment.Address.Pair}: a stored value is a finite number, got {judgment.Values[v]:R}.", nameof(judgments));
            }

            if (values.Length == 0) throw new ArgumentException($"Judgment {i} of pair {judgment.Address.Pair} has no values; only answers are stored.", nameof(judgments));
            ArgumentOutOfRangeException.ThrowIfNegative(judgment.Address.Repeat, nameof(judgments));
            var start = entries.Length;
            JournalFormat.Write(entries, judgment, scratch);
            _items[i] = new Item(judgment.Address, values, start, entries.Length - start, scratch.Length);
        }

        _bytes = entries.Written.ToArray();
    }

    public override bool NeedsSavepoint => false;

    protected override IReadOnlyList<IReadOnlyList<double>> Result => _held;

    public override void Execute(Connection connection)
    {
        var held = new IReadOnlyList<double>[_items.Length];
        for (var i = 0; i < held.Length; i++)
        {
            var item = _items[i];
            held[i] = _journal.Put(item.Address, item.Values, _bytes.AsSpan(item.Start, item.Length), item.DetailLength);
        }

        _held = held;
    }

    private readonly record struct Item(JudgmentAddress Address, double[] Values, int Start, int Length, int DetailLength);
}
