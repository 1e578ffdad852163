"""The words by which products and webhooks are found."""

from django.db import models

from apikeys.models.search_word import SearchWord, by_beginning, once_a_row


class ProductWord(SearchWord):
    """One word of a product's SKU or name."""

    of = "product"

    product = models.ForeignKey(
        "storefront.Product", on_delete=models.CASCADE, related_name="search_words", db_index=False
    )

    class Meta:
        constraints = (once_a_row("product", name="productword_once_per_product"),)
        indexes = (by_beginning("product", name="productword_begins"),)


class WebhookWord(SearchWord):
    """One word of a webhook's address."""

    of = "webhook"

    webhook = models.ForeignKey(
        "storefront.Webhook", on_delete=models.CASCADE, related_name="search_words", db_index=False
    )

    class Meta:
        constraints = (once_a_row("webhook", name="webhookword_once_per_webhook"),)
        indexes = (by_beginning("webhook", name="webhookword_begins"),)
