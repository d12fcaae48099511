using System.Runtime.InteropServices;
using System.Text;

namespace Orchestration.Core.Judging.Exemplars;

/// <summary>
/// Texts as hashed TF-IDF vectors of unit length: words are runs of letters and digits in lower case, hashed to 2²⁰ places (FNV-1a); a word's weight is
/// (1 + ln count)·(1 + ln((1 + n)/(1 + rows with it))). Sums are taken in the order of the places, so that equal texts get equal numbers everywhere on
/// one architecture.
/// </summary>
internal sealed class TextVectors
{
    private const int Places = 1 << 20;

    private readonly Dictionary<int, List<(int Row, double Weight)>> _postings = [];
    private readonly Dictionary<int, double> _rarity = [];
    private readonly int _rows;

    public TextVectors(IEnumerable<string> texts)
    {
        var counts = texts.Select(Count).ToArray();
        _rows = counts.Length;
        foreach (var place in counts.SelectMany(static c => c.Keys)) CollectionsMarshal.GetValueRefOrAddDefault(_rarity, place, out _)++;
        foreach (var place in _rarity.Keys.ToArray()) _rarity[place] = 1 + Math.Log((1.0 + _rows) / (1 + _rarity[place]));
        for (var row = 0; row < counts.Length; row++)
        {
            var weights = counts[row].Select(c => (Place: c.Key, Weight: Weight(c.Key, c.Value))).ToArray();
            var norm = Math.Sqrt(weights.Sum(static w => w.Weight * w.Weight));
            foreach (var (place, weight) in weights)
            {
                if (!_postings.TryGetValue(place, out var list)) _postings[place] = list = [];
                list.Add((row, weight / norm));
            }
        }
    }

    /// <summary>
    /// The rows by falling cosine with a text, of equal ones the first; those without a common word are left out. The text's own length is the same
    /// for all of them and plays no part.
    /// </summary>
    public IEnumerable<int> Ranked(string text)
    {
        var sums = new double[_rows];
        foreach (var (place, count) in Count(text))
        {
            if (!_postings.TryGetValue(place, out var list)) continue;
            var weight = Weight(place, count);
            foreach (var (row, of) in list) sums[row] += weight * of;
        }

        return Enumerable.Range(0, _rows).Where(row => sums[row] > 0).OrderByDescending(row => sums[row]).ThenBy(static row => row);
    }

    /// <summary>A text by its letters and digits alone, in lower case: texts that differ in blanks, signs or case have the same.</summary>
    public static string Key(string text)
    {
        var key = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c)) key.Append(char.ToLowerInvariant(c));
        }

        // What has neither letters nor digits is told apart by its signs.
        return key.Length == 0 ? text.Trim() : key.ToString();
    }

    private double Weight(int place, int count) => (1 + Math.Log(count)) * _rarity.GetValueOrDefault(place);

    /// <summary>How often each place has a word, by place.</summary>
    private static SortedDictionary<int, int> Count(string text)
    {
        var counts = new SortedDictionary<int, int>();
        var hash = 2166136261u;
        var isWord = false;
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c))
            {
                hash = (hash ^ char.ToLowerInvariant(c)) * 16777619u;
                isWord = true;
                continue;
            }

            End();
        }

        End();
        return counts;

        void End()
        {
            if (isWord)
            {
                var place = (int)((hash ^ (hash >> 20)) & (Places - 1));
                counts[place] = counts.GetValueOrDefault(place) + 1;
            }

            hash = 2166136261u;
            isWord = false;
        }
    }
}
