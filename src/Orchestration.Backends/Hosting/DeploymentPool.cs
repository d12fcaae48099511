using System.Collections.Concurrent;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Hosting;

/// <summary>The deployments of an application: each is made once, when it is first asked for, and closed with the application.</summary>
internal sealed class DeploymentPool(OrchestrationConfig config, DeploymentServices services) : IDeploymentSource, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<OpenAiChatDeployment>> _chats = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<HttpRewardDeployment>> _rewards = new(StringComparer.Ordinal);

    public OpenAiChatDeployment Chat(string name) => Of(config.Deployment(name));

    public HttpRewardDeployment Reward(string name) => RewardOf(config.Deployment(name));

    IChatDeployment IDeploymentSource.Chat(DeploymentConfig config) => Of(config);

    IRewardDeployment IDeploymentSource.Reward(DeploymentConfig config) => RewardOf(config);

    public void Dispose()
    {
        foreach (var chat in _chats.Values.Where(static chat => chat.IsValueCreated)) chat.Value.Dispose();
        foreach (var reward in _rewards.Values.Where(static reward => reward.IsValueCreated)) reward.Value.Dispose();
    }

    private OpenAiChatDeployment Of(DeploymentConfig deployment) =>
        _chats.GetOrAdd(deployment.Name, _ => new Lazy<OpenAiChatDeployment>(() => DeploymentFactory.CreateChat(deployment, services))).Value;

    private HttpRewardDeployment RewardOf(DeploymentConfig deployment) =>
        _rewards.GetOrAdd(deployment.Name, _ => new Lazy<HttpRewardDeployment>(() => DeploymentFactory.CreateReward(deployment, services))).Value;
}
