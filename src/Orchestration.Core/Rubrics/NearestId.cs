namespace Orchestration.Core.Rubrics;

/// <summary>Which known id somebody may have meant.</summary>
internal static class NearestId
{
    /// <summary>
    /// The id with the fewest single-character edits (Levenshtein distance, case ignored); of equals the first. Null where even that
    /// is more than a third of what was typed: a suggestion that far away is noise.
    /// </summary>
    public static string? Of(string typed, IEnumerable<string> known)
    {
        string? nearest = null;
        var fewest = Math.Max(2, typed.Length / 3) + 1;
        foreach (var id in known)
        {
            var edits = Edits(typed.ToLowerInvariant(), id);
            if (edits >= fewest) continue;
            fewest = edits;
            nearest = id;
        }

        return nearest;
    }

    private static int Edits(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
