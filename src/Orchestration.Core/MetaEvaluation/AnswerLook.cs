using System.Text.Json;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>What an answer looks like, whatever it says: the style that chatbot arenas control for.</summary>
/// <param name="Length">Characters (UTF-16).</param>
/// <param name="Headers">Lines that are Markdown headers.</param>
/// <param name="Lists">Lines that are items of a list, with a dash, star, plus or number.</param>
/// <param name="Bold">Passages in bold: pairs of <c>**</c>.</param>
public readonly record struct AnswerLook(double Length, double Headers, double Lists, double Bold)
{
    /// <summary>Names of the covariates, in their order.</summary>
    public static IReadOnlyList<string> Covariates { get; } = ["length", "headers", "lists", "bold"];

    /// <summary>Measures an answer.</summary>
    public static AnswerLook Of(string answer)
    {
        var (headers, lists, bold) = (0, 0, 0);
        foreach (var line in answer.AsSpan().EnumerateLines())
        {
            var text = line.TrimStart();
            var marks = text.IndexOfAnyExcept('#');
            if (marks is >= 1 and <= 6 && text[marks] == ' ') headers++;
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (text.StartsWith("- ") || text.StartsWith("* ") || text.StartsWith("+ ") || (digits > 0 && digits + 1 < text.Length && text[digits] is '.' or ')' && text[digits + 1] == ' ')) lists++;
            bold += line.Count("**");
        }

        return new AnswerLook(answer.Length, headers, lists, bold / 2);
    }

    /// <summary>For each covariate (a − b)/(a + b), −1 to 1; 0 where both are 0.</summary>
    internal static void Difference(in AnswerLook a, in AnswerLook b, Span<double> into)
    {
        into[0] = Share(a.Length, b.Length);
        into[1] = Share(a.Headers, b.Headers);
        into[2] = Share(a.Lists, b.Lists);
        into[3] = Share(a.Bold, b.Bold);
    }

    /// <summary>Of the answer's text, else of its stated length; null without either.</summary>
    internal static AnswerLook? Of(JsonElement row, string answer, string length) =>
        row.TryGetProperty(answer, out var text) && text.ValueKind is JsonValueKind.String or JsonValueKind.Number ? Of(text.ToString())
        : row.TryGetProperty(length, out var stated) && stated.ValueKind == JsonValueKind.Number && stated.TryGetDouble(out var characters) && characters >= 0 ? new AnswerLook(characters, 0, 0, 0)
        : null;

    private static double Share(double a, double b) => a + b > 0 ? (a - b) / (a + b) : 0;
}
