using Orchestration.Core;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends;

/// <summary>Makes deployments from their configuration. A missing key is told when the deployment is first called.</summary>
public static class DeploymentFactory
{
    /// <summary>The chat deployment that a configuration describes.</summary>
    /// <param name="config">The deployment as configured.</param>
    /// <param name="services">What it shares with its surroundings.</param>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: it is a reward deployment.</exception>
    public static OpenAiChatDeployment CreateChat(DeploymentConfig config, DeploymentServices services)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.IsChat
            ? new OpenAiChatDeployment(config, services)
            : throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{config.Name}' is of 'kind: reward' and cannot answer a rubric. Name a deployment of 'kind: openai'.");
    }

    /// <summary>The embeddings of a deployment that a configuration describes.</summary>
    /// <inheritdoc cref="CreateChat" path="/param"/>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: it is a reward deployment.</exception>
    public static OpenAiEmbeddingDeployment CreateEmbeddings(DeploymentConfig config, DeploymentServices services)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.IsChat
            ? new OpenAiEmbeddingDeployment(config, services)
            : throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{config.Name}' is of 'kind: reward' and gives no embeddings. Name a deployment of 'kind: openai'.");
    }

    /// <summary>The reward deployment that a configuration describes.</summary>
    /// <inheritdoc cref="CreateChat" path="/param"/>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: it is a chat deployment.</exception>
    public static HttpRewardDeployment CreateReward(DeploymentConfig config, DeploymentServices services)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Kind == DeploymentKind.Reward
            ? new HttpRewardDeployment(config, services)
            : throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{config.Name}' is of 'kind: openai' and gives no reward. Name a deployment of 'kind: reward', or use a rubric with this one.");
    }
}
