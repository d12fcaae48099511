namespace Orchestration.Backends.Exchanges;

/// <summary>
/// How many tokens a request's prompt will count as, learnt from what the endpoint counted: tokens per byte of body, and tokens per image apart from its
/// bytes, both moving means. Begins at one token for four bytes, and for an image at the most that one counts as. Safe for concurrent use; an update
/// that is lost to another one does no harm.
/// </summary>
internal sealed class TokenEstimate(int imageTokensAtMost)
{
    private const double Weight = 1.0 / 32;

    // Images of a data set are mostly of one size, and far below the most that one can count as.
    private const double ImageWeight = 1.0 / 4;

    private double _perByte = 0.25;
    private double _perImage = imageTokensAtMost;

    /// <summary>Prompt tokens of a body.</summary>
    /// <param name="bodyBytes">Bytes of all of it.</param>
    /// <param name="images">Images in it.</param>
    public long Prompt(int bodyBytes, in RequestImages images) =>
        Math.Max(1, (long)Math.Ceiling((TextBytes(bodyBytes, images) * Volatile.Read(ref _perByte)) + (images.Count * Volatile.Read(ref _perImage))));

    /// <summary>Learns from a reply.</summary>
    /// <param name="bodyBytes">Bytes of all of the body.</param>
    /// <param name="images">Images in it.</param>
    /// <param name="promptTokens">What the endpoint counted.</param>
    public void Learn(int bodyBytes, in RequestImages images, long promptTokens)
    {
        if (bodyBytes <= 0 || promptTokens <= 0) return;
        var perByte = Volatile.Read(ref _perByte);
        if (images.Count > 0)
        {
            var old = Volatile.Read(ref _perImage);
            var seen = Math.Max(0, (promptTokens - (TextBytes(bodyBytes, images) * perByte)) / images.Count);
            Volatile.Write(ref _perImage, old + (ImageWeight * (seen - old)));
            return;
        }

        Volatile.Write(ref _perByte, perByte + (Weight * (((double)promptTokens / bodyBytes) - perByte)));
    }

    private static long TextBytes(int bodyBytes, in RequestImages images) => Math.Max(0, bodyBytes - images.Bytes);
}
