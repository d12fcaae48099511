namespace Orchestration.Core.Configuration;

/// <summary>Finds what somebody probably meant to type.</summary>
internal static class NearestName
{
    /// <summary>
    /// The candidate with the fewest edits (insert, delete, replace, exchange of neighbours; case does not count), where they are at most a third
    /// of the longer word, and two at least; of equals the first in ordinal order. Null where nothing is near.
    /// </summary>
    public static string? Of(string given, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var candidate in candidates.Order(StringComparer.Ordinal))
        {
            var distance = Distance(given, candidate);
            if (distance >= bestDistance || distance > Math.Max(2, Math.Max(given.Length, candidate.Length) / 3)) continue;
            best = candidate;
            bestDistance = distance;
        }

        return best;
    }

    private static int Distance(string left, string right)
    {
        // Names are short; anything longer is no misspelt name.
        if (left.Length > 100 || right.Length > 100) return int.MaxValue;
        var beforeLast = new int[right.Length + 1];
        var last = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++) last[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = Same(left[i - 1], right[j - 1]);
                current[j] = Math.Min(Math.Min(current[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[right.Length];
    }

    private static bool Same(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
