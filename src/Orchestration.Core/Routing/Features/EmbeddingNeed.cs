using System.Globalization;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Routing.Features;

/// <summary>What embeddings a routing model was trained on.</summary>
/// <param name="Deployment">The deployment that made them.</param>
/// <param name="Model">Its model, as <see cref="TextOf"/> writes it; empty where the model's file does not say.</param>
/// <param name="Dimensions">Numbers of a vector.</param>
public sealed record EmbeddingNeed(string Deployment, string Model, int Dimensions)
{
    /// <summary>A model in one word: <c>openai/text-embedding-3-small@2024-01</c>.</summary>
    public static string TextOf(ModelIdentity model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return $"{(model.Publisher.Length == 0 ? "" : model.Publisher + "/")}{model.Name}{(model.Snapshot.Length == 0 ? "" : "@" + model.Snapshot)}";
    }

    /// <summary>Checks that a deployment serves the model that was trained on.</summary>
    /// <param name="who">What asks for it, as a sentence begins: <c>routing.bin</c>.</param>
    /// <param name="model">The deployment's model as configured.</param>
    /// <exception cref="OrchestrationException">It is another one (<see cref="ErrorCodes.Configuration"/>).</exception>
    public void Check(string who, ModelIdentity model)
    {
        if (Model.Length == 0 || TextOf(model) is var now && now == Model) return;
        throw new OrchestrationException(
            ErrorCodes.Configuration,
            $"{who} was trained on embeddings of '{Model}', and deployment '{Deployment}' is configured with '{TextOf(model)}': their numbers mean different things. Train it again with 'orchestrate route train --embeddings {Deployment}', or configure the model that it was trained on.");
    }

    /// <summary>Checks that an endpoint's vectors are as long as those that were trained on.</summary>
    /// <param name="who">What asks for them, as a sentence begins.</param>
    /// <param name="dimensions">Numbers of a vector that the endpoint gave.</param>
    /// <exception cref="OrchestrationException">They are not (<see cref="ErrorCodes.Configuration"/>).</exception>
    public void Check(string who, int dimensions)
    {
        if (dimensions == Dimensions) return;
        throw new OrchestrationException(ErrorCodes.Configuration, string.Create(
            CultureInfo.InvariantCulture,
            $"{who} was trained on embeddings of {Dimensions} numbers, and deployment '{Deployment}' gives {dimensions}: it serves another model. Train it again with 'orchestrate route train --embeddings {Deployment}', or have the deployment serve the model that it was trained on."));
    }
}
