package client

import "context"

// PolicyPurposes lists why an app uses data.
func (c *Client) PolicyPurposes(ctx context.Context, app string) ([]PolicyEntry, error) {
	return policyList[PolicyEntry](ctx, c, app, "purposes")
}

// PolicyCategories lists what an app may hold, why, and until when.
func (c *Client) PolicyCategories(ctx context.Context, app string) ([]PolicyCategory, error) {
	return policyList[PolicyCategory](ctx, c, app, "categories")
}

// PolicyPermissions lists the device's permissions that an app may ask for.
func (c *Client) PolicyPermissions(ctx context.Context, app string) ([]PolicyPermission, error) {
	return policyList[PolicyPermission](ctx, c, app, "permissions")
}

// PolicySDKs lists the embedded kits of others.
func (c *Client) PolicySDKs(ctx context.Context, app string) ([]PolicySDK, error) {
	return policyList[PolicySDK](ctx, c, app, "sdks")
}

// PolicyRecipients lists who may receive data.
func (c *Client) PolicyRecipients(ctx context.Context, app string) ([]RecipientRef, error) {
	return policyList[RecipientRef](ctx, c, app, "recipients")
}

// PolicyCollection lists what an app may hand over beside the inputs of features.
func (c *Client) PolicyCollection(ctx context.Context, app string) ([]PolicySchema, error) {
	return policyList[PolicySchema](ctx, c, app, "collection")
}

// PolicyRights lists what people may ask for, and how soon it is done.
func (c *Client) PolicyRights(ctx context.Context, app string) ([]PolicyEntry, error) {
	return policyList[PolicyEntry](ctx, c, app, "rights")
}

// PolicyGrounds lists the closed lists of reasons.
func (c *Client) PolicyGrounds(ctx context.Context, app string) ([]PolicyEntry, error) {
	return policyList[PolicyEntry](ctx, c, app, "grounds")
}

// PolicyRefused lists what is never accepted, although a published text mentions it.
func (c *Client) PolicyRefused(ctx context.Context, app string) ([]PolicyEntry, error) {
	return policyList[PolicyEntry](ctx, c, app, "refused")
}

// PolicyMessages lists what people are written about, and how.
func (c *Client) PolicyMessages(ctx context.Context, app string) ([]PolicyMessage, error) {
	return policyList[PolicyMessage](ctx, c, app, "messages")
}

// PolicyContacts lists who runs an app, and how to reach them.
func (c *Client) PolicyContacts(ctx context.Context, app string) ([]PolicyContact, error) {
	return policyList[PolicyContact](ctx, c, app, "contacts")
}

// policyList reads one list of the policy in force.
func policyList[T any](ctx context.Context, c *Client, app, what string) ([]T, error) {
	var out Page[T]
	err := c.get(ctx, at("/v1/apps/", app, "/policy/"+what), nil, &out)
	return out.Data, err
}
