namespace Orchestration.Core.Routing.Features;

/// <summary>One working memory for texts, kept between calls; callers at the same time make their own, so that nobody waits.</summary>
internal sealed class TextScratch
{
    private HashedText? _kept;

    public HashedText Take() => Interlocked.Exchange(ref _kept, null) ?? new HashedText();

    public void Return(HashedText text) => Interlocked.Exchange(ref _kept, text);
}
