namespace Orchestration.Backends.Exchanges;

/// <summary>
/// How many tokens a request's prompt will count as, learnt from what the endpoint counted: tokens per byte of body, as the ratio of two moving means
/// (so that the sum over calls of very different length is right), and tokens per image apart from its bytes. Begins at one token for three bytes, above
/// what most texts count as, since the calls of the first moments are all sent on that; the first replies count for more. Begins
/// for an image at the most that one counts as. Safe for concurrent use.
/// </summary>
internal sealed class TokenEstimate(int imageTokensAtMost)
{
    private const double Weight = 1.0 / 32;

    // Images of a data set are mostly of one size, and far below the most that one can count as.
    private const double ImageWeight = 1.0 / 4;

    private readonly Lock _lock = new();
    private double _bytes = 3000;
    private double _tokens = 1000;
    private double _weight = 0.5;
    private double _perImage = imageTokensAtMost;

    /// <summary>Prompt tokens of a body.</summary>
    /// <param name="bodyBytes">Bytes of all of it.</param>
    /// <param name="images">Images in it.</param>
    public long Prompt(int bodyBytes, in RequestImages images)
    {
        lock (_lock) return Math.Max(1, (long)Math.Ceiling((TextBytes(bodyBytes, images) * _tokens / _bytes) + (images.Count * _perImage)));
    }

    /// <summary>Learns from a reply.</summary>
    /// <param name="bodyBytes">Bytes of all of the body.</param>
    /// <param name="images">Images in it.</param>
    /// <param name="promptTokens">What the endpoint counted.</param>
    public void Learn(int bodyBytes, in RequestImages images, long promptTokens)
    {
        if (bodyBytes <= 0 || promptTokens <= 0) return;
        lock (_lock)
        {
            if (images.Count > 0)
            {
                var seen = Math.Max(0, (promptTokens - (TextBytes(bodyBytes, images) * _tokens / _bytes)) / images.Count);
                _perImage += ImageWeight * (seen - _perImage);
                return;
            }

            _bytes += _weight * (bodyBytes - _bytes);
            _tokens += _weight * (promptTokens - _tokens);
            _weight = Math.Max(Weight, _weight / (1 + _weight));
        }
    }

    private static long TextBytes(int bodyBytes, in RequestImages images) => Math.Max(0, bodyBytes - images.Bytes);
}
