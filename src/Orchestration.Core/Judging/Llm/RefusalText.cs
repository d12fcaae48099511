namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// Recognises a model that declines to judge by how its reply begins. It only tells one reason from another: a reply that holds an answer is
/// read before anybody looks here.
/// </summary>
internal static class RefusalText
{
    private static readonly string[] Openings =
    [
        "i'm sorry", "i am sorry", "sorry, but", "sorry, i", "i apologize", "i can't", "i cannot", "i can not", "i won't", "i will not", "i'm unable",
        "i am unable", "i'm not able", "i am not able", "i must decline", "i have to decline", "i decline", "unfortunately, i can", "as an ai",
    ];

    public static bool IsRefusal(ReadOnlySpan<char> text)
    {
        text = text.TrimStart();
        Span<char> start = stackalloc char[32];
        text = text[..Math.Min(text.Length, start.Length)];
        text.Replace(start, '\u2019', '\'');
        ReadOnlySpan<char> opening = start[..text.Length];
        foreach (var known in Openings)
        {
            if (opening.StartsWith(known, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
