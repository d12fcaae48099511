using Orchestration.Storage.Formats;
using Orchestration.Core;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>
/// The judgments of one pair: entries one after another, each judge, repeat, row of its detail, where in that row, number of values, the values.
/// </summary>
internal static class PairFormat
{
    public static void Write(ByteWriter target, JournalEntry entry, long detailRow, int detailAt)
    {
        target.Hash(entry.Judge);
        target.Count(entry.Repeat);
        target.Count(detailRow);
        target.Count(detailAt);
        target.Count(entry.Values.Length);
        foreach (var value in entry.Values) target.Double(value);
    }

    /// <summary>
    /// Finds a judgment, beginning at <paramref name="position"/> and going around once: asked in the order in which they are stored, each is found
    /// at the first look.
    /// </summary>
    public static bool TryFind(ReadOnlySpan<byte> entries, ref int position, Hash128 judge, int repeat, out PairEntry found)
    {
        var reader = new ByteReader(entries) { Position = position };
        var start = position;
        var wrapped = false;
        while (true)
        {
            if (reader.AtEnd)
            {
                if (wrapped || start == 0) break;
                wrapped = true;
                reader.Position = 0;
            }

            if (wrapped && reader.Position >= start) break;
            var candidate = reader.Hash();
            var candidateRepeat = reader.Int();
            var detailRow = reader.Count();
            var detailAt = reader.Int();
            var count = reader.Int();
            if (candidate == judge && candidateRepeat == repeat)
            {
                found = new PairEntry(reader.Doubles(count), detailRow, detailAt);
                position = reader.Position;
                return true;
            }

            reader.Skip(8 * count);
        }

        found = default;
        return false;
    }
}

/// <summary>A judgment of a pair's row.</summary>
/// <param name="Values">Its values.</param>
/// <param name="DetailRow">Row of the table of details.</param>
/// <param name="DetailAt">Where its detail begins in that row's bytes, decompressed.</param>
internal readonly record struct PairEntry(double[] Values, long DetailRow, int DetailAt);
