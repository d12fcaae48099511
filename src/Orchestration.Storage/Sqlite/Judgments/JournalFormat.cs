using Orchestration.Storage.Formats;
using Orchestration.Core;
using Orchestration.Core.Judging;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>
/// A row of the journal: entries one after another, each pair, judge, repeat, number of values, the values, length of the detail, the detail.
/// </summary>
internal static class JournalFormat
{
    public static void Write(ByteWriter target, StoredJudgment judgment, ByteWriter scratch)
    {
        var address = judgment.Address;
        target.Hash(address.Pair);
        target.Hash(address.Judge);
        target.Count(address.Repeat);
        target.Count(judgment.Values.Count);
        for (var i = 0; i < judgment.Values.Count; i++) target.Double(judgment.Values[i]);
        scratch.Clear();
        DetailFormat.Write(scratch, judgment.Detail);
        target.Count(scratch.Length);
        target.Bytes(scratch.Written);
    }

    /// <summary>Reads up to the detail and steps over it.</summary>
    public static JournalEntry Read(ref ByteReader source, long row)
    {
        var pair = source.Hash();
        var judge = source.Hash();
        var repeat = source.Int();
        var values = source.Doubles(source.Int());
        var length = source.Int();
        var detail = source.Position;
        source.Skip(length);
        return new JournalEntry(pair, judge, repeat, values, row, detail, length);
    }
}

/// <summary>A judgment of the journal, without its detail.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Judge">The judge.</param>
/// <param name="Repeat">The repeat.</param>
/// <param name="Values">Its values.</param>
/// <param name="Row">The journal's row.</param>
/// <param name="DetailAt">Where its detail begins in that row.</param>
/// <param name="DetailLength">Bytes of its detail.</param>
internal sealed record JournalEntry(Hash128 Pair, Hash128 Judge, int Repeat, double[] Values, long Row, int DetailAt, int DetailLength)
{
    /// <summary>Another entry of the same pair.</summary>
    public JournalEntry? Next { get; set; }

    /// <summary>Finds a judgment in a chain; null where it is not there.</summary>
    public static JournalEntry? Find(JournalEntry? chain, Hash128 judge, int repeat)
    {
        while (chain is not null && (chain.Judge != judge || chain.Repeat != repeat)) chain = chain.Next;
        return chain;
    }
}
