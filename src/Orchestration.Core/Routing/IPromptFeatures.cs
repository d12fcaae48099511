namespace Orchestration.Core.Routing;

/// <summary>Turns a prompt into numbers, without a call to anybody. Immutable and safe for concurrent use.</summary>
public interface IPromptFeatures
{
    /// <summary>Hash of everything that the numbers depend on. 64 hexadecimal digits.</summary>
    string Version { get; }

    /// <summary>How many numbers, at least 0.</summary>
    int Dimension { get; }

    /// <summary>Fills in the numbers; the same prompt gives the same ones.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="features">Takes exactly <see cref="Dimension"/> finite numbers.</param>
    void Fill(RoutingPrompt prompt, Span<float> features);
}
