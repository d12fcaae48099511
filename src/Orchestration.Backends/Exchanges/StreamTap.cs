using System.Buffers;

namespace Orchestration.Backends.Exchanges;

/// <summary>Reads along with whoever reads a stream of events, for what it says of itself. Whatever it cannot read it passes over.</summary>
internal sealed class StreamTap(TimeProvider time, bool keepText)
{
    /// <summary>A longer line is not looked at; nothing of a stream's facts is as long.</summary>
    private const int LongestLine = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _line = new(1024);

    /// <summary>What was said so far.</summary>
    public ReplyFacts? Facts { get; private set; }

    /// <summary>When the first bytes came, by the clock's timestamp; 0 before.</summary>
    public long FirstAt { get; private set; }

    /// <summary>True where the stream said that it is complete.</summary>
    public bool IsDone { get; private set; }

    /// <summary>True where reading failed.</summary>
    public bool IsBroken { get; private set; }

    public void Break() => IsBroken = true;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        if (FirstAt == 0) FirstAt = time.GetTimestamp();
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];
            if (_line.WrittenCount + part.Length <= LongestLine) _line.Write(part);
            if (end < 0) return;
            Line();
            _line.ResetWrittenCount();
            bytes = bytes[(end + 1)..];
        }
    }

    private void Line()
    {
        var line = _line.WrittenMemory;
        if (!line.Span.StartsWith("data:"u8)) return;
        line = line[5..].TrimStart((byte)' ').TrimEnd((byte)'\r');
        if (line.Span.SequenceEqual("[DONE]"u8))
        {
            IsDone = true;
            return;
        }

        if (ReplyFacts.Read(line, keepText) is not { } facts) return;
        Facts = Facts?.With(facts) ?? facts;
        if (facts.Finish is not null) IsDone = true;
    }
}
