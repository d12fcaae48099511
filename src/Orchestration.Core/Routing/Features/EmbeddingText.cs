using System.Text;

namespace Orchestration.Core.Routing.Features;

/// <summary>What of a prompt is embedded: all of it, or of a long one the beginning and the end, so that it fits models that take 8,192 tokens.</summary>
public static class EmbeddingText
{
    /// <summary>UTF-8 bytes of a text that are embedded, at most.</summary>
    public const int MostBytes = HeadBytes + TailBytes;

    private const int HeadBytes = 15_000;
    private const int TailBytes = 5_000;

    /// <summary>The text as it is embedded.</summary>
    /// <param name="text">The prompt's text.</param>
    public static string Cut(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // No character of .NET is more than three bytes.
        if (text.Length * 3L <= MostBytes || Encoding.UTF8.GetByteCount(text) <= MostBytes) return text;
        var (head, bytes) = (0, 0);
        while (Width(text, head) is var (chars, width) && bytes + width <= HeadBytes) (head, bytes) = (head + chars, bytes + width);
        var (tail, left) = (text.Length, TailBytes);
        while (true)
        {
            var chars = tail >= 2 && char.IsSurrogatePair(text[tail - 2], text[tail - 1]) ? 2 : 1;
            var width = Width(text, tail - chars).Bytes;
            if (width > left) break;
            (tail, left) = (tail - chars, left - width);
        }

        return string.Concat(text.AsSpan(0, head), "\n", text.AsSpan(tail));
    }

    private static (int Chars, int Bytes) Width(string text, int at) =>
        at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? (2, 4) : (1, text[at] < 0x80 ? 1 : text[at] < 0x800 ? 2 : 3);
}
