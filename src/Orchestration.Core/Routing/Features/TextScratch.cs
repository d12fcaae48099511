namespace Orchestration.Core.Routing.Features;

/// <summary>Working memories for texts, kept between calls, as many as calls are made at once on this machine; where none is left a caller makes its own, so that nobody waits.</summary>
internal sealed class TextScratch
{
    private readonly HashedText?[] _kept = new HashedText?[Math.Clamp(Environment.ProcessorCount, 2, 64)];

    public HashedText Take()
    {
        for (var i = 0; i < _kept.Length; i++)
        {
            if (Interlocked.Exchange(ref _kept[i], null) is { } text) return text;
        }

        return new HashedText();
    }

    public void Return(HashedText text)
    {
        for (var i = 0; i < _kept.Length; i++)
        {
            if (Interlocked.CompareExchange(ref _kept[i], text, null) is null) return;
        }
    }
}
